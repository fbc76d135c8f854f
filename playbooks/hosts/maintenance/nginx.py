"""nginx serves another site while maintenance lasts."""

import json
from dataclasses import dataclass

from playbooks.errors import HostError
from playbooks.hosts.maintenance.switch import Notice
from playbooks.hosts.placing import Placing
from playbooks.model.maintenance import NginxPage, filled


@dataclass(frozen=True)
class NginxSwitch:
    """The site's link is swapped, tested, and only then used."""

    page: NginxPage
    host: Placing

    def on(self, notice: Notice) -> None:
        if self.page.flag is not None:
            content = filled(self.page.content, notice.message, notice.end)
            self.host.write(self.page.flag, f"{json.dumps(content)}\n".encode())
        try:
            self._serve(str(self.page.maintenance))
        except HostError:
            self._lower_flag()
            raise

    def off(self) -> None:
        self._serve(str(self.page.usual))
        self._lower_flag()

    def is_on(self) -> bool:
        return self.host.leads_to(self.page.link) == str(self.page.maintenance)

    def _serve(self, site: str) -> None:
        """nginx uses the site. What it does not accept is taken back before it is used."""
        before = self.host.leads_to(self.page.link)
        self.host.link(self.page.link, site)
        try:
            self.host.run(self.page.test)
        except HostError as error:
            if before:
                self.host.link(self.page.link, before)
            else:
                self.host.remove(self.page.link)
            raise HostError(
                f"nginx does not accept {site}, so nothing was changed: {error.message}",
                "Mend that site and try again.",
            ) from error
        self.host.run(self.page.reload)

    def _lower_flag(self) -> None:
        if self.page.flag is not None:
            self.host.remove(self.page.flag)
