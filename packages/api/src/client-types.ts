import type {
  TRPCBuiltRouter,
  TRPCMutationProcedure,
  TRPCQueryProcedure,
  TRPCSubscriptionProcedure,
} from '@trpc/server';
import { appRouter } from './router.ts';

type Features = typeof appRouter._def.record;

/**
 * The router as a client sees it. The compiler prints an inferred type in full, so what the return
 * type leaves out is not in the published declarations: the context, the texts of the errors,
 * library tags, and names that a client could not resolve. It has to be written out in place: an
 * alias would be printed by its name together with all that it was made of.
 */
function withoutServer<Record extends Features, AppCode extends string>(router: {
  _def: {
    _config: { $types: { errorShape: { data: { appCode: AppCode } } } };
    record: Record;
  };
}): TRPCBuiltRouter<
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
        appCode: AppCode;
        appData: unknown;
        requestId: string | null;
      };
    };
    transformer: true;
  },
  {
    [Feature in keyof Record]: {
      [Name in keyof Record[Feature]]: Record[Feature][Name] extends TRPCQueryProcedure<infer Def>
        ? TRPCQueryProcedure<{ input: Def['input']; output: Def['output']; meta: object }>
        : Record[Feature][Name] extends TRPCMutationProcedure<infer Def>
          ? TRPCMutationProcedure<{ input: Def['input']; output: Def['output']; meta: object }>
          : Record[Feature][Name] extends TRPCSubscriptionProcedure<infer Def>
            ? Def['output'] extends AsyncIterable<{ data: infer Event }>
              ? TRPCSubscriptionProcedure<{
                  input: Def['input'];
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
  return router as never;
}

const clientRouter = withoutServer(appRouter);

/**
 * The router's type with the server's context erased: procedures, inputs, outputs and the error
 * shape, and nothing of how they are made. The client package is built from this.
 */
export type AppRouter = typeof clientRouter;
