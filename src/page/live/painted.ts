/** What can wait until the view is seen. */

/**
 * A hidden page draws no frames: there it is done soon.
 * @returns what takes it back
 */
export function whenPainted(then: () => void): () => void {
  if (document.hidden) {
    const timer = setTimeout(then);
    return () => clearTimeout(timer);
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const frame = requestAnimationFrame(() => {
    timer = setTimeout(then);
  });
  return () => {
    cancelAnimationFrame(frame);
    clearTimeout(timer);
  };
}
