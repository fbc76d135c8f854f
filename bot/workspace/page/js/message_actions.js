import * as api from "./api.js";
import { popMenu } from "./menu.js";

/** The menu of a message: pinning it, and the shortcuts that the app declares. */
export function chooseAction(anchor, workspace, channelId, message) {
  const where = { user: workspace.me.id, channel: channelId, ts: message.ts };
  const items = [
    {
      label: message.pinned ? "Unpin" : "Pin",
      run: () => workspace.attempt(() => api.pin({ ...where, remove: message.pinned || undefined })),
    },
    ...workspace.shortcuts.map(({ callback_id: callback, name }) => ({
      label: name,
      run: () => workspace.attempt(() => api.shortcut({ ...where, callback_id: callback })),
    })),
  ];
  popMenu(anchor, items, "Pin and shortcuts");
}
