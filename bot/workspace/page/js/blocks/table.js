import { h } from "../dom.js";
import { renderRichText } from "./rich_text.js";
import { unsupported } from "./unsupported.js";

function content(cell, names) {
  if (cell.type === "raw_text") return cell.text;
  if (cell.type === "raw_number") return cell.text ?? String(cell.value ?? cell.number ?? "");
  if (cell.type === "rich_text") return renderRichText(cell, names);
  return unsupported(cell.type);
}

/** A table that scrolls in itself where it is wider than the message. */
export const tableFrame = (...parts) =>
  h(
    "div",
    { class: "table-scroll", tabIndex: 0, role: "group", "aria-label": "Table" },
    h("table", { class: "table" }, parts),
  );

/** The first row is the head, as Slack shows it. */
export function renderTable(block, names) {
  const settings = block.column_settings ?? [];
  const row = (cells, tag) =>
    h(
      "tr",
      {},
      cells.map((cell, column) => {
        const { align, is_wrapped: wraps } = settings[column] ?? {};
        const classes = [align ? `align-${align}` : "", wraps ? "wraps" : ""].join(" ");
        return h(tag, { class: classes, scope: tag === "th" ? "col" : null }, content(cell, names));
      }),
    );
  const [head, ...body] = block.rows;
  const rows = body.map((cells) => row(cells, "td"));
  return tableFrame(h("thead", {}, row(head ?? [], "th")), h("tbody", {}, rows));
}
