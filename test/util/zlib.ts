/** What a gzipped size may differ by, to one that the benchmark measured: zlib packs a little differently from build to build. */
import { arch } from "node:os"

export const slack = ({ machine }: { readonly machine: { readonly zlib: string; readonly arch: string } }): number =>
  process.versions.zlib === machine.zlib && arch() === machine.arch ? 0 : 100
