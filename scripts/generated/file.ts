/** A file of the tree that is made from the sources and committed; `path` is from the root. */
export interface GeneratedFile {
  path: string;
  content: string;
}
