/** The list of keys. */
import { useEffect, useRef } from 'preact/hooks';
import { areKeysShown } from '../parts/saying.ts';
import { text } from '../parts/text.ts';

export function Keys() {
  const dialog = useRef<HTMLDialogElement>(null);
  const { frame, keyboard } = text().views;
  useEffect(() => {
    if (areKeysShown.value && !dialog.current?.open) dialog.current?.showModal();
    else if (!areKeysShown.value) dialog.current?.close();
  });
  const close = () => {
    areKeysShown.value = false;
  };
  return (
    <dialog ref={dialog} aria-label={frame.keys} onClose={close} data-shown={areKeysShown.value}>
      <h2>{frame.keys}</h2>
      <dl>
        {Object.entries(keyboard).map(([key, does]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <button type="button" onClick={close}>
        {frame.close}
      </button>
    </dialog>
  );
}
