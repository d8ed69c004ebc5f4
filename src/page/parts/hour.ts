/** The bands of the last hour. For now they are asked for once, and grow with what is heard; for the past they are those of the hour before it. */
import { useEffect } from 'preact/hooks';
import { hourMs } from '../../../events/units.ts';
import type { Bands, EndpointBand } from '../../contract/dashboard.ts';
import { useAsked } from '../live/asked.ts';
import { ask, hour, moment, shown } from '../live/store.ts';

export function useHour(): Bands | null {
  const isPast = moment.value !== null;
  const to = isPast && shown.value ? Date.parse(shown.value.now) : null;
  const before = useAsked('dashboard.bands', to === null ? null : { from: to - hourMs, to });
  useEffect(() => {
    if (hour.value !== null) return;
    ask('dashboard.bands', {}).then(
      (bands) => {
        hour.value = bands;
      },
      // The bars stay empty; everything else is there.
      () => {},
    );
  }, []);
  return isPast ? before.value.value : hour.value;
}

export function bandOf(bands: Bands | null, id: string): EndpointBand | undefined {
  return bands?.endpoints.find(({ endpoint }) => endpoint === id);
}
