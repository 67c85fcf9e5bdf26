import { parentPort, workerData } from 'node:worker_threads';
import { createEngine, type Engine } from './engine.ts';
import type { Exchange, ThreadAnswer, ThreadQuestion } from './messages.ts';

if (parentPort) serve(parentPort, createEngine((workerData as { readonly seed: number }).seed));

function serve(port: NonNullable<typeof parentPort>, engine: Engine): void {
  port.on('message', (question: ThreadQuestion) => port.postMessage(answerOf(engine, question)));
}

function answerOf<K extends keyof Exchange>(engine: Engine, question: ThreadQuestion<K>): ThreadAnswer {
  const { number, type, request } = question;
  try {
    return { number, answer: engine[type](request) };
  } catch (error) {
    return { number, error: error instanceof Error ? error.message : String(error) };
  }
}
