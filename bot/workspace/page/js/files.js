import { fileUrl } from "./api.js";
import { h, icon } from "./dom.js";
import { fileSize } from "./time.js";

const INLINE_IMAGE = /^image\/(?:png|jpe?g|gif|webp|avif)$/;

/** A message's file: a picture in place, anything else as a row to download. */
export function renderFile(file) {
  if (file.mode === "tombstone") return h("p", { class: "file-gone" }, "This file was deleted.");
  const title = file.title || file.name;
  const url = fileUrl(file.id);
  if (INLINE_IMAGE.test(file.mimetype ?? "")) {
    return h(
      "figure",
      { class: "file-image" },
      h("figcaption", {}, title),
      h("a", { href: url, target: "_blank", rel: "noopener" }, h("img", { src: url, alt: title })),
    );
  }
  const name = file.name === title ? "" : `${file.name} · `;
  return h(
    "a",
    { class: "file-row", href: url, download: file.name },
    h("span", { class: "file-icon" }, icon("file")),
    h(
      "span",
      { class: "file-text" },
      h("span", { class: "file-name" }, title),
      h("span", { class: "file-detail" }, name, fileSize(file.size ?? 0)),
    ),
    icon("download"),
  );
}
