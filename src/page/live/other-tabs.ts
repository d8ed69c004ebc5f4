/** A second tab of this page asks the first for its session: both are of one origin, and nothing else is. */
import type { Session } from './gateway.ts';
import { session } from './store.ts';

const channelName = 'qcc';
// Another tab answers at once, or there is none.
const otherTabMs = 150;

export function askOtherTab(): Promise<Session | null> {
  const channel = new BroadcastChannel(channelName);
  return new Promise((resolve) => {
    const end = (found: Session | null) => {
      channel.close();
      resolve(found);
    };
    const timer = setTimeout(() => end(null), otherTabMs);
    channel.onmessage = ({ data }: MessageEvent<{ readonly session?: Session }>) => {
      if (!data.session) return;
      clearTimeout(timer);
      end(data.session);
    };
    channel.postMessage({ wanted: true });
  });
}

export function answerOtherTabs(): void {
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = ({ data }: MessageEvent<{ readonly wanted?: boolean }>) => {
    if (data.wanted && session.value) channel.postMessage({ session: session.value });
  };
}
