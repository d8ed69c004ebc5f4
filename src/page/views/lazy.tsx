/** Views that are loaded when they are first looked at. Until then the former view stands. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import { loadLaterWords } from '../live/choices.ts';
import type { View } from '../place.ts';
import laterStyles from '../style/later.css?url';
import { Now, runningList } from './now.tsx';

type ViewComponent = FunctionComponent<Record<never, never>>;

const loaders: Readonly<Partial<Record<View, () => Promise<ViewComponent>>>> = {
  endpoint: async () => (await import('./endpoint.tsx')).EndpointView,
  request: async () => (await import('./request.tsx')).RequestView,
  timeline: async () => (await import('./timeline.tsx')).TimelineView,
  'what-if': async () => (await import('./what-if.tsx')).WhatIfView,
  queue: async () => (await import('./queue.tsx')).QueueView,
  usage: async () => (await import('./usage.tsx')).UsageView,
  fleet: async () => (await import('./fleet.tsx')).FleetView,
  settings: async () => (await import('./settings.tsx')).SettingsView,
  incidents: async () => (await import('./incidents.tsx')).IncidentsView,
  requests: async () => (await import('./requests.tsx')).RequestsView,
};

const loaded = signal<ReadonlyMap<View, ViewComponent>>(new Map([['now', Now]]));
export async function loadRunningList(): Promise<void> {
  const [{ RunningList }] = await Promise.all([
    import('../parts/running-list.tsx'),
    loadLaterWords(),
    loadLaterStyles(),
  ]);
  runningList.value = RunningList;
}

const asked = new Set<View>();

export function viewOf(view: View): ViewComponent | undefined {
  loadView(view);
  return loaded.value.get(view);
}

/** Once. */
export function loadView(view: View): void {
  const loader = loaders[view];
  if (!loader || asked.has(view)) return;
  asked.add(view);
  void Promise.all([loader(), loadLaterWords(), loadLaterStyles()]).then(([component]) => {
    loaded.value = new Map([...loaded.value, [view, component]]);
  });
}

let styles: Promise<void> | undefined;

/** Of all views but the first, and of what lies over them. A page that is one file has no address for them: they are in it. */
export function loadLaterStyles(): Promise<void> {
  if (laterStyles === '') return Promise.resolve();
  styles ??= new Promise((resolve) => {
    const sheet = Object.assign(document.createElement('link'), { rel: 'stylesheet', href: laterStyles });
    // Without its style a view can still be read.
    sheet.onload = () => resolve();
    sheet.onerror = () => resolve();
    document.head.append(sheet);
  });
  return styles;
}
