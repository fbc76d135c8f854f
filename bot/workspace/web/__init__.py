"""HTTP and WebSocket routes: /api, /link, /hooks, /sim, /ui and the page."""
