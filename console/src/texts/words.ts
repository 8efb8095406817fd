/** The same texts in another language: one that lacks a text does not compile. */
export type Words<Shape> = { readonly [Key in keyof Shape]: Shape[Key] extends string ? string : Words<Shape[Key]> }
