"""Small images of the real servers, made from Debian packages; no registry is needed."""
