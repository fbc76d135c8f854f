// Classic script, before the first paint: a page that starts light and turns dark flashes.
(() => {
  const chosen = localStorage.getItem("workspace.theme");
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = chosen === "dark" || chosen === "light" ? chosen : system;
})();
