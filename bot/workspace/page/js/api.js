/** An answer of the workspace that is not a success; its message is fit to be shown. */
export class ApiError extends Error {
  constructor(message, body = {}) {
    super(message);
    this.body = body;
  }
}

async function answer(response) {
  const body = await response.json().catch(() => ({}));
  if (response.ok && body.ok !== false) return body;
  const reason = body.message ?? body.error ?? body.detail ?? `HTTP ${response.status}`;
  throw new ApiError(typeof reason === "string" ? reason : JSON.stringify(reason), body);
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw new ApiError("The workspace does not answer. Is it still running?");
  }
}

async function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(given).toString();
  return answer(await reach(search ? `${path}?${search}` : path));
}

async function post(path, body) {
  const headers = { "Content-Type": "application/json" };
  return answer(await reach(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

// Acting never waits for the bot: what it does arrives over the event socket.
const act = (path, body) => post(path, { ...body, wait: false });

export const bootstrap = (user) => get("/ui/bootstrap", { user });
export const messages = (query) => get("/ui/messages", query);
export const home = (user) => get("/ui/home", { user });
export const inspect = (limit) => get("/ui/inspect", { limit });
export const views = (user) => get("/sim/views", { user });
export const markRead = (body) => post("/ui/read", body);
export const closeView = (body) => post("/ui/close_view", body);
export const command = (body) => act("/sim/command", body);
export const message = (body) => act("/sim/message", body);
export const react = (body) => act("/sim/react", body);
export const pin = (body) => act("/sim/pin", body);
export const shortcut = (body) => act("/sim/shortcut", body);
export const openHome = (body) => act("/sim/home", body);
export const press = (body) => act("/sim/press", body);
export const submit = (body) => act("/sim/submit", body);

export const fileUrl = (id) => `/sim/files/${encodeURIComponent(id)}`;

export function eventsUrl(user) {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}/ui/events?user=${encodeURIComponent(user)}`;
}
