import type {
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server';
import type { appRouter } from './router.ts';

/**
 * The router as a client sees it. The compiler prints an inferred type in full, so what the return
 * type leaves out is not in the published declarations: the context, the texts of the errors,
 * library tags, and names that a client could not resolve. It has to be written out in place: an
 * alias would be printed by its name together with all that it was made of.
 */
function withoutServer<
  Def extends (typeof appRouter)['_def'],
  Features extends object = Def['record'],
  Errors extends { appCode: string } = Def['_config']['$types']['errorShape']['data'],
>(): TRPCBuiltRouter<
  {
    ctx: object;
    meta: object;
    errorShape: {
      code: number;
      message: string;
      data: {
        code: string;
        httpStatus: number;
        path: string | null;
        appCode: Errors['appCode'];
        appData: unknown;
        requestId: string | null;
      };
    };
    transformer: true;
  },
  {
    [Feature in keyof Features]: {
      [Name in keyof Features[Feature]]: Features[Feature][Name] extends TRPCQueryProcedure<
        infer Types
      >
        ? TRPCQueryProcedure<{ input: Types['input']; output: Types['output']; meta: object }>
        : Features[Feature][Name] extends TRPCMutationProcedure<infer Types>
          ? TRPCMutationProcedure<{ input: Types['input']; output: Types['output']; meta: object }>
          : Features[Feature][Name] extends TRPCSubscriptionProcedure<infer Types>
            ? Types['output'] extends AsyncIterable<{ data: infer Event }>
              ? TRPCSubscriptionProcedure<{
                  input: Types['input'];
                  output: AsyncIterable<{
                    id: string;
                    data: Event extends object ? { [Key in keyof Event]: Event[Key] } : never;
                  }>;
                  meta: object;
                }>
              : never
            : never;
    };
  }
> {
  return undefined as never;
}

const clientRouter = withoutServer<(typeof appRouter)['_def']>();

/**
 * The router's type with the server's context erased: procedures, inputs, outputs and the error
 * shape, and nothing of how they are made. The client package is built from this.
 */
export type AppRouter = typeof clientRouter;
