"""An incident as a picture, as Markdown and as a page of its own."""
