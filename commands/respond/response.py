"""How people respond, counted: `stats` without a stack, or `stats STACK --incidents`."""

from collections.abc import Sequence
from datetime import datetime

from commands.paging import page
from commands.ports import Attachment, Context, Reply
from notifiers import pictures
from notifiers.exports.figures import picture, spans_of
from notifiers.views import blocks
from notifiers.views.text import duration, escape, plural
from playbooks.model.base import JsonObject
from playbooks.respond.figures import Figures, Span

_COLUMNS = ("What", "Mean", "Median", "Longest", "Of")
_RULES = ("Rule", "Fired", "Nobody acknowledged")
_NO_PICTURE = "No picture: install the extra `pictures` (`pip install 'interlock[pictures]'`)."


def response(
    context: Context, stacks: Sequence[str], since: datetime, number: int, again: str
) -> Reply:
    """Numbers and a picture of what happened on these stacks since then."""
    figures = context.reviews.figures(stacks, since)
    where = stacks[0] if len(stacks) == 1 else plural(len(stacks), "stack")
    took = duration((figures.until - since).total_seconds())
    title = (
        f"{where}, the last {took}: {plural(figures.alerts, 'alert')}, "
        f"{plural(figures.incidents, 'incident')}"
    )
    body = page(title, _content(title, figures), number, again)
    drawn = picture(figures, f"How people respond: {title}")
    if drawn is None:
        return Reply(body=body)
    file = Attachment(name="response.png", title=title, content=drawn, media="image/png")
    return Reply(body=body, file=file)


def _content(title: str, figures: Figures) -> list[JsonObject]:
    content = blocks.sections(f"*{escape(title)}*")
    rows = [(name, *_shown(span)) for name, span in spans_of(figures)]
    content += blocks.table(_COLUMNS, rows, right=(1, 2, 3, 4))
    if figures.noisiest:
        lines = [
            f"• {escape(each.stack)}: {escape(each.rule)} fired {plural(each.fired, 'time')}"
            + (f", {each.ignored:,} of them nobody acknowledged" if each.ignored else "")
            for each in figures.noisiest
        ]
        content += blocks.sections("\n".join(["*Noisiest rules*", *lines]))
    weeks = ", ".join(f"{each.begins:%d %b} {each.alerts:,}" for each in figures.weeks)
    content += blocks.context(f"Alerts in the seven days from: {weeks}")
    if not pictures.available():
        content += blocks.context(_NO_PICTURE)
    return content


def _shown(span: Span) -> tuple[str, str, str, str]:
    if span.mean is None or span.median is None or span.longest is None:
        return ("none yet", "", "", "0")
    times = (span.mean, span.median, span.longest)
    first, second, third = (duration(each.total_seconds()) for each in times)
    return (first, second, third, f"{span.count:,}")
