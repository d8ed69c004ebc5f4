/** A button that changes something. It shows its command, which can be copied, and is off where nothing may be changed. */
import { useSignal } from '@preact/signals';
import { ask, mayChange, sentenceOf } from '../live/store.ts';
import { type Action, terminalLine } from '../terminal-line.ts';
import { say } from './saying.ts';
import { text } from './text.ts';

interface ActionProps {
  readonly action: Action;
  readonly label: string;
  /** What cannot be taken back asks once more. */
  readonly asksAgain?: boolean;
  /** There is nothing that it could change. */
  readonly isIdle?: boolean;
  readonly onDone?: () => void;
}

export function ActionButton({ action, label, asksAgain = false, isIdle = false, onDone }: ActionProps) {
  const isAsked = useSignal(false);
  const isRunning = useSignal(false);
  const { frame } = text().views;
  const command = terminalLine(action);
  const perform = async () => {
    if (asksAgain && !isAsked.value) {
      isAsked.value = true;
      return;
    }
    isAsked.value = false;
    isRunning.value = true;
    try {
      await ask(action.operation, action.params as never);
      say(frame.done(command));
      onDone?.();
    } catch (error) {
      say(await sentenceOf(error), 'bad');
    }
    isRunning.value = false;
  };
  return (
    <span class="action">
      <button
        type="button"
        class={isAsked.value ? 'asked' : ''}
        title={command}
        disabled={!mayChange.value || isRunning.value || isIdle}
        onClick={() => void perform()}
        onBlur={() => {
          isAsked.value = false;
        }}
      >
        {isAsked.value ? frame.sure(label) : label}
      </button>
      <CopyButton command={command} />
    </span>
  );
}

export function CopyButton({ command }: { readonly command: string }) {
  const { frame } = text().views;
  const copy = async () => {
    await navigator.clipboard.writeText(command);
    say(frame.copied(command));
  };
  return (
    <button type="button" class="copy" aria-label={frame.copy(command)} title={command} onClick={() => void copy()}>
      <svg viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
        <path d="M4 1h7v7H9V3H4zM1 4h7v7H1zm1.2 1.2v4.6h4.6V5.2z" fill-rule="evenodd" />
      </svg>
    </button>
  );
}

/** A command on a line of its own. */
export function CommandLine({ command }: { readonly command: string }) {
  return (
    <span class="command">
      <code>
        {command.split(' ').map((word, place) => (
          <span key={place}>
            {place > 0 && ' '}
            <span class="word">{word}</span>
          </span>
        ))}
      </code>
      <CopyButton command={command} />
    </span>
  );
}
