/** The words of the views that keep house: queue, usage, settings, incidents. */
export const settingsWords = {};
