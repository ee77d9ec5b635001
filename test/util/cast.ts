/** The only cast of the tests: a value as the type that a test says it has, or as what a function would refuse at compile time. */
export const cast = <T>(value: unknown): T => value as T
