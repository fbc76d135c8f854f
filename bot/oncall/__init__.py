"""Who is on call, who is paged when nobody takes care of something, and what became of it."""
