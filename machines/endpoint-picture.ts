/**
 * Where the endpoint machine's states and transitions stand in its picture. The chart says what there is; a test says that everything of
 * it has its place here, and that no two signs lie on each other. Positions are in units of the drawing.
 */

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** Of the box around a state's name. */
  readonly box: { readonly width: number; readonly height: number };
  /** The centres of the boxes. */
  readonly states: Readonly<Record<string, Point>>;
  /** `from to`: the point that the arrow is bent through; a sign stands there. From a state to itself: only the sign. */
  readonly ways: Readonly<Record<string, Point>>;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

export const endpointPicture: Picture = {
  width: 760,
  height: 380,
  box: { width: 128, height: 40 },
  states: {
    healthy: { x: 84, y: 190 },
    degraded: { x: 380, y: 50 },
    failed: { x: 676, y: 190 },
    recovering: { x: 380, y: 330 },
    disabled: { x: 380, y: 190 },
  },
  ways: {
    'healthy degraded': { x: 196, y: 86 },
    'degraded healthy': { x: 236, y: 122 },
    'degraded failed': { x: 564, y: 86 },
    'degraded recovering': { x: 506, y: 168 },
    'degraded degraded': { x: 380, y: 14 },
    'failed recovering': { x: 564, y: 294 },
    'recovering failed': { x: 524, y: 258 },
    'recovering healthy': { x: 196, y: 294 },
    'healthy recovering': { x: 236, y: 258 },
    'recovering degraded': { x: 254, y: 212 },
    'recovering recovering': { x: 380, y: 366 },
    'healthy failed': { x: 300, y: 150 },
    'failed healthy': { x: 460, y: 232 },
    'failed failed': { x: 676, y: 154 },
    'healthy disabled': { x: 176, y: 190 },
    'degraded disabled': { x: 396, y: 96 },
    'failed disabled': { x: 586, y: 176 },
    'recovering disabled': { x: 364, y: 286 },
    'disabled recovering': { x: 416, y: 286 },
    'disabled failed': { x: 586, y: 208 },
    'disabled healthy': { x: 200, y: 224 },
  },
};

/** The transitions, without the chart: that needs its whole library, which a browser would have to load. */
export const drawnFacts: readonly { readonly from: string; readonly to: string; readonly on: readonly string[] }[] = [
  { from: 'healthy', to: 'degraded', on: ['EndpointDegraded', 'EndpointPaused'] },
  { from: 'healthy', to: 'disabled', on: ['EndpointDisabled'] },
  { from: 'healthy', to: 'failed', on: ['EndpointFailed'] },
  { from: 'healthy', to: 'recovering', on: ['EndpointRecovering'] },
  { from: 'degraded', to: 'disabled', on: ['EndpointDisabled'] },
  { from: 'degraded', to: 'failed', on: ['EndpointFailed'] },
  { from: 'degraded', to: 'healthy', on: ['EndpointRecovered'] },
  { from: 'degraded', to: 'recovering', on: ['EndpointRecovering'] },
  { from: 'failed', to: 'recovering', on: ['EndpointRecovering'] },
  { from: 'failed', to: 'disabled', on: ['EndpointDisabled'] },
  { from: 'failed', to: 'healthy', on: ['EndpointRecovered'] },
  { from: 'recovering', to: 'degraded', on: ['EndpointPaused'] },
  { from: 'recovering', to: 'disabled', on: ['EndpointDisabled'] },
  { from: 'recovering', to: 'failed', on: ['EndpointFailed'] },
  { from: 'recovering', to: 'healthy', on: ['EndpointRecovered'] },
  { from: 'disabled', to: 'failed', on: ['EndpointFailed'] },
  { from: 'disabled', to: 'healthy', on: ['EndpointRecovered'] },
  { from: 'disabled', to: 'recovering', on: ['EndpointRecovering'] },
];
