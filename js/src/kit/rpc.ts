/** Questions to the kernel: never blocking, with a word on the screen while it is busy. */
import type { Experimental } from "@anywidget/types";

const PATIENCE = 120_000; // milliseconds; a busy cell answers when it ends

export interface Answer {
  readonly value: unknown;
  readonly buffers: readonly DataView[];
}

export type Ask = (question: string, args?: Readonly<Record<string, unknown>>) => Promise<Answer>;

/** The kernel said no, or nothing; `hint` says what to do. */
export class KernelError extends Error {
  constructor(message: string, readonly hint = "") {
    super(message);
  }
}

export function asker(experimental: Experimental | undefined, signal: AbortSignal): Ask {
  return async (question, args = {}) => {
    if (!experimental) throw new KernelError("this page cannot ask the kernel", "open the notebook in JupyterLab");
    const end = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE)]);
    let reply: unknown;
    let buffers: readonly DataView[];
    try {
      [reply, buffers] = await experimental.invoke<unknown>("ask", { question, args }, { signal: end });
    } catch {
      throw new KernelError("the kernel did not answer", "if it was restarted, run the cell again");
    }
    return { value: answer(reply), buffers };
  };
}

function answer(reply: unknown): unknown {
  const { ok, error } = (reply ?? {}) as { ok?: unknown; error?: { message?: unknown; hint?: unknown } };
  if (error) throw new KernelError(String(error.message), error.hint ? String(error.hint) : "");
  return ok;
}

/** Shows `text` if the promise takes longer than a blink, and that the kernel is busy later on. */
export async function waiting<T>(say: (text: string) => void, text: string, asked: Promise<T>): Promise<T> {
  const blink = setTimeout(() => say(text), 150);
  const busy = setTimeout(() => say("the kernel is busy; your question is queued"), 1200);
  try {
    return await asked;
  } finally {
    clearTimeout(blink);
    clearTimeout(busy);
  }
}

export function explained(error: unknown): string {
  if (error instanceof KernelError && error.hint) return `${error.message}: ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}
