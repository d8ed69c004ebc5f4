import fastStringWidth from 'fast-string-width';
/** Cells of a text on a terminal. */
export const widthOf = (text) => fastStringWidth(text);
