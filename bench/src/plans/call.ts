/** Who calls, and where. */
export interface Session {
  url: string;
  token: string;
}

/** A call, and how many rows each of its statements may read. */
export interface PlanCall {
  name: string;
  /** @returns how many items were asked for */
  make: (session: Session) => Promise<number>;
  mostRows: (items: number) => number;
}

export const page = 50;
/** Rows of other tables for an item, and what a page is found by. */
const perItem = 12;
export const perPage = 60;
export const byItems = (items: number): number => items * perItem + perPage;

/** A query with an input that is known beforehand. */
export function reading(name: string, procedure: string, input: object, items = page): PlanCall {
  return {
    name,
    mostRows: byItems,
    async make(session) {
      await query(session, procedure, input);
      return items;
    },
  };
}

/** @param take gets the answer, for the input of a later call */
export function writing(
  name: string,
  procedure: string,
  input: () => object,
  { items = 1, take }: { items?: number; take?: (answer: unknown) => void } = {},
): PlanCall {
  return {
    name,
    mostRows: byItems,
    async make(session) {
      const answer = await mutate(session, procedure, input());
      take?.(answer);
      return items;
    },
  };
}

export async function query(
  { url, token }: Session,
  procedure: string,
  input: object,
): Promise<unknown> {
  const text = encodeURIComponent(JSON.stringify({ json: input }));
  return call(`${url}/trpc/${procedure}?input=${text}`, token);
}

export function mutate(
  { url, token }: Session,
  procedure: string,
  input: object,
): Promise<unknown> {
  return call(`${url}/trpc/${procedure}`, token, JSON.stringify({ json: input }));
}

async function call(url: string, token: string, body?: string): Promise<unknown> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const post = body === undefined ? {} : { method: 'POST', body };
  const response = await fetch(url, { headers, ...post });
  const text = await response.text();
  if (!response.ok) {
    throw new Error(`${url} was answered ${response.status}: ${text}`);
  }
  const answer = JSON.parse(text) as { result: { data: { json: unknown } } };
  return answer.result.data.json;
}
