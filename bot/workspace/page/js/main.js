import { toast } from "./announce.js";
import { ApiError } from "./api.js";
import { ChannelPane } from "./channel_pane.js";
import { h } from "./dom.js";
import { Inspector } from "./inspector.js";
import { Modals } from "./modals.js";
import { keepPersona, rememberedPersona } from "./persona.js";
import { Presses } from "./presses.js";
import { routeTo, watchRoute } from "./route.js";
import { listenForShortcuts } from "./shortcuts.js";
import { Sidebar } from "./sidebar.js";
import { ThreadPane } from "./thread_pane.js";
import { Workspace } from "./workspace.js";

const RETRY_MS = 1500;

function assemble(workspace) {
  const presses = new Presses(workspace);
  const inspector = new Inspector(workspace);
  const sidebar = new Sidebar(workspace);
  const app = {
    workspace,
    presses,
    drafts: new Map(),
    inspect: (message) => inspector.show(`Message ${message.ts}`, message),
    toggleInspector: () => inspector.toggle(),
    toggleSidebar: () => sidebar.toggle(true),
  };
  keepPersona(workspace);
  const pane = new ChannelPane(app);
  new ThreadPane(app);
  new Modals(workspace, presses);
  // Last, so that the panes have forgotten the persona before when it names the open channel.
  watchRoute(workspace);
  workspace.on("note", ({ text, channel }) => {
    if (channel !== workspace.channelId || workspace.tab) toast(text, routeTo(workspace, channel));
  });
  listenForShortcuts({ workspace, sidebar, toggleInspector: app.toggleInspector, composer: () => pane.composer });
  document.getElementById("skip-link").addEventListener("click", (event) => {
    event.preventDefault();
    pane.focus();
  });
}

async function start(workspace, user) {
  try {
    await workspace.open(user);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    document.getElementById("channel").replaceChildren(
      h("div", { class: "intro" }, h("h2", {}, "The workspace cannot be opened"), h("p", {}, error.message)),
    );
    setTimeout(() => start(workspace, user), RETRY_MS);
  }
}

const workspace = new Workspace();
assemble(workspace);
start(workspace, rememberedPersona());
