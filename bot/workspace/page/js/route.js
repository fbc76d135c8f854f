/*
 * The address says what is open: "#ops-harbor" or "#ops-harbor/1712.0001" with a thread or
 * "#interlock/home", so that the back button works and a place can be bookmarked.
 */
const HOME = "home";

export function watchRoute(workspace) {
  const read = () => {
    const [name, threadTs] = decodeURIComponent(location.hash.slice(1)).split("/");
    const channel = workspace.findChannel(name) ?? workspace.channel ?? first(workspace);
    if (!channel) return;
    workspace.channelId = channel.id;
    workspace.tab = channel.is_im && threadTs === HOME ? HOME : null;
    workspace.threadTs = workspace.tab ? null : threadTs || null;
    workspace.emit("route");
  };
  window.addEventListener("hashchange", read);
  workspace.on("reset", read);
}

/* Where somebody is asked for, else where something is unread, else the top of the list. */
function first(workspace) {
  const channels = [...workspace.channels.values()];
  return channels.find((each) => each.mentions) ?? channels.find((each) => each.unread) ?? channels[0];
}

export function routeTo(workspace, channelId, threadTs) {
  const name = workspace.channels.get(channelId)?.name ?? channelId;
  return `#${encodeURIComponent(name)}${threadTs ? `/${threadTs}` : ""}`;
}

export const routeHome = (workspace, channelId) => routeTo(workspace, channelId, HOME);

export const openChannel = (workspace, channelId) => {
  location.hash = routeTo(workspace, channelId);
};

export const openThread = (workspace, ts) => {
  location.hash = routeTo(workspace, workspace.channelId, ts);
};

export const closeThread = (workspace) => openChannel(workspace, workspace.channelId);
