import { describe } from 'vitest';
import { MemoryLog } from '../../src/log/memory-log.ts';
import { keepsTheContract } from './contract.ts';

describe('the log in memory', () => {
  keepsTheContract(
    async () => new MemoryLog(),
    async (facts, lost) => new MemoryLog(facts.filter(({ seq }) => !lost.includes(seq))),
  );
});
