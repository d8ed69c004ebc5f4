/** Fields and header values of a pair go together; all else stays to the byte. */
import { describe, expect, it } from 'vitest';
import { partsOf } from '../../../machines/capabilities.ts';
import { BodyChange } from '../../../src/proxy/adaptation/body-change.ts';
import { spliced } from '../../../src/proxy/adaptation/edits.ts';
import {
  betasIn,
  namesIn,
  withFewerTokens,
  withoutBetas,
  withoutFields,
} from '../../../src/proxy/adaptation/fields.ts';
import { RequestPlaces } from '../../../src/proxy/adaptation/request-places.ts';

const changeOf = (text: string) => new BodyChange(RequestPlaces.of(Buffer.from(text)) as RequestPlaces);
const result = (change: BodyChange) => spliced(change.places.body, change.edits()).toString();

function without(text: string, ...what: string[]): string {
  const change = changeOf(text);
  for (const one of what) withoutFields(change, partsOf(one, []));
  return result(change);
}

describe('a field', () => {
  it.each([
    [
      'context_management',
      '{"a":1.0, "context_management" : {"edits":[]},"n":12345678901234567890}',
      '{"a":1.0, "n":12345678901234567890}',
    ],
    ['context_management', '{"context_management":1,"a":"\\u0061","context_management":2}', '{"a":"\\u0061"}'],
    ['effort', '{"output_config":{"effort":"high","format":1},"a":1}', '{"output_config":{"format":1},"a":1}'],
    ['effort', '{"a":1,"output_config":{"effort":"high"}}', '{"a":1}'],
    [
      'eager_input_streaming',
      '{"tools":[{"eager_input_streaming":true,"name":"x"},{"name":"y"}]}',
      '{"tools":[{"name":"x"},{"name":"y"}]}',
    ],
    ['tools[].odd', '{"tools":[{"name":"x","odd":{}}],"odd":1}', '{"tools":[{"name":"x"}],"odd":1}'],
    [
      'cache_scope',
      '{"system":[{"cache_control":{"type":"ephemeral","scope":"global"}}]}',
      '{"system":[{"cache_control":{"type":"ephemeral"}}]}',
    ],
    [
      'cache_ttl',
      '{"messages":[{"content":[{"text":"ttl","cache_control":{"ttl":"1h","type":"e"}}]}],"tools":[{"cache_control":{"ttl":"1h"}}]}',
      '{"messages":[{"content":[{"text":"ttl","cache_control":{"type":"e"}}]}],"tools":[{}]}',
    ],
    ['thinking_display', '{"thinking":{"type":"adaptive","display":"omitted"}}', '{"thinking":{"type":"adaptive"}}'],
    [
      'speed',
      '{"messages":[{"speed":"speed"}],"system":"\\"speed\\":1"}',
      '{"messages":[{"speed":"speed"}],"system":"\\"speed\\":1"}',
    ],
  ])('%s is cut out of %s', (what, given, left) => {
    expect(without(given, what)).toBe(left);
  });

  it('is known to be there only where it is looked for', () => {
    const { has, maxTokens } = namesIn(
      RequestPlaces.of(
        Buffer.from(
          '{"max_tokens":7,"tools":[{"strict":true}],"messages":[{"content":[{"cache_control":{"ttl":1},"speed":1}]}]}',
        ),
      ),
      [],
    );
    expect(
      [
        'tools[].strict',
        'strict',
        'cache_control.ttl',
        'cache_control.scope',
        'speed',
        'max_tokens',
        'max_tokens.x',
      ].map((path) => has(path)),
    ).toEqual([true, false, true, false, false, true, false]);
    expect(maxTokens).toBe(7);
  });
});

describe('a maximum of tokens', () => {
  const lowered = (text: string, limit: number) => {
    const change = changeOf(text);
    const isLess = withFewerTokens(change, { model: 'm', what: 'max_tokens', limit, until: 0 });
    return { isLess, body: result(change) };
  };

  it('takes the place of a larger number, and of that alone', () => {
    expect(lowered('{"max_tokens": 64000 ,"messages":"\\"max_tokens\\": 64000"}', 8_192)).toEqual({
      isLess: true,
      body: '{"max_tokens": 8192 ,"messages":"\\"max_tokens\\": 64000"}',
    });
    expect(lowered('{"max_tokens":8192}', 8_192)).toEqual({ isLess: false, body: '{"max_tokens":8192}' });
    expect(lowered('{"max_tokens":"many"}', 8_192).isLess).toBe(false);
  });

  it('leaves a budget for thinking that is less than all of them', () => {
    const thinking = '"thinking":{"type":"enabled","budget_tokens":';
    expect(lowered(`{"max_tokens":64000,${thinking}31999}}`, 8_192).body).toBe(`{"max_tokens":8192,${thinking}8191}}`);
    expect(lowered(`{"max_tokens":64000,${thinking}2000}}`, 8_192).body).toBe(`{"max_tokens":8192,${thinking}2000}}`);
  });
});

describe('anthropic-beta', () => {
  const raw = [
    'Anthropic-Beta',
    'a-2025-01-01, b-2025-01-01,c-2025-01-01',
    'x-other',
    'b-2025-01-01',
    'anthropic-beta',
    'b-2025-01-01',
  ];

  it('is read out of all its headers', () => {
    expect(betasIn(raw)).toEqual(['a-2025-01-01', 'b-2025-01-01', 'c-2025-01-01', 'b-2025-01-01']);
  });

  it('loses a value, and goes with its last one', () => {
    expect(withoutBetas(raw, new Set(['b-2025-01-01']))).toEqual([
      'Anthropic-Beta',
      'a-2025-01-01,c-2025-01-01',
      'x-other',
      'b-2025-01-01',
    ]);
  });
});
