/**
 * Calls back into the app. What that throws must not break off what goes on here, so it is thrown in
 * a turn of its own.
 */
export function callBack(callback: () => void): void {
  try {
    callback();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
