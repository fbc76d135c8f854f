"""How many connections a database server has left."""

from playbooks.model.base import Model


class Pool(Model):
    """`taken` of the `room` that ordinary users have; `room` is 0 where the server let nobody in to
    count, because all are taken."""

    taken: int
    room: int

    @property
    def percent(self) -> float:
        return 100 * self.taken / self.room if self.room else 100.0
