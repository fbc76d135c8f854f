// Classic script, before all others: when networks of this machine change, as with every container
// that starts, a browser drops what it is fetching. A page that lacks styles or code is loaded again.
(() => {
  const KEY = "workspace.reloads";
  const MOST = 5;
  const PAUSE_MS = 500;
  const reloads = Number(sessionStorage.getItem(KEY) ?? 0);
  let lacks = false;
  const again = ({ target }) => {
    const part = target instanceof HTMLLinkElement || target instanceof HTMLScriptElement;
    if (!part || lacks || reloads >= MOST) return;
    lacks = true;
    sessionStorage.setItem(KEY, String(reloads + 1));
    setTimeout(() => location.reload(), PAUSE_MS);
  };
  addEventListener("error", again, true);
  addEventListener("load", () => {
    if (!lacks) sessionStorage.removeItem(KEY);
  });
})();
