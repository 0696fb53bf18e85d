import type { DeliveryState, RejectionScope, SmsErrorKind } from '../src/outcome.ts';
import type { ProviderMessage, SmsProvider } from '../src/provider.ts';
import type { FakeClock } from '../src/testing/fake-clock.ts';
import type { FakeProvider, refusedKeys } from '../src/testing/fake-provider.ts';
import type { Timeouts } from '../src/http.ts';

/** What the contract suite needs to know of one provider. */
export interface ProviderCase {
  name: string;
  /** A fake with one line and the template that {@link template} names, listening. */
  start(options: { clock: FakeClock; lateMs: number }): Promise<FakeProvider>;
  /** The adapter pointed at the fake. @param key one of `refusedKeys`, or a right one */
  create(fake: FakeProvider, options: { key?: string; timeouts?: Partial<Timeouts> }): SmsProvider;
  /** A message by template with two values (one where the provider takes one only). */
  template(to: string, ref: string): ProviderMessage;
  /** The same for a template that is not there. */
  missingTemplate(to: string, ref: string): ProviderMessage;
  /** What a refused key comes to; keys that the provider has no word for are left out. */
  refusals: Partial<Record<keyof typeof refusedKeys, readonly [RejectionScope, SmsErrorKind]>>;
  /** What the provider answers to a number that cannot be; null where the fake does not look. */
  badNumber: readonly [RejectionScope, SmsErrorKind] | null;
  /** What the provider says to a template that is not there; account/template-missing otherwise. */
  templateMissing?: readonly [RejectionScope, SmsErrorKind];
  /** What the provider says instead of states that it does not tell apart. */
  states?: Partial<Record<DeliveryState, DeliveryState>>;
  /** Whether its success answers carry a message id. */
  hasIds: boolean;
}
