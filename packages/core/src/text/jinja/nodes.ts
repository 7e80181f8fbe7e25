/** An expression. */
export type Expression =
  | { type: "constant"; value: null | boolean | string | number }
  | { type: "float"; value: number }
  | { type: "name"; name: string }
  | { type: "list" | "tuple"; items: Expression[] }
  | { type: "dict"; entries: [Expression, Expression][] }
  | { type: "attribute"; of: Expression; name: string }
  | { type: "item"; of: Expression; key: Expression }
  | { type: "slice"; of: Expression; bounds: (Expression | null)[] }
  | { type: "call"; callee: Expression; given: GivenArguments }
  | { type: "filter"; of: Expression; name: string; given: GivenArguments }
  | { type: "test"; of: Expression; name: string; given: GivenArguments; negated: boolean }
  | { type: "not"; of: Expression }
  | { type: "sign"; of: Expression; negative: boolean }
  | { type: "and" | "or"; one: Expression; other: Expression }
  | { type: "operation"; operator: string; one: Expression; other: Expression }
  | { type: "joined"; items: Expression[] }
  | { type: "compared"; first: Expression; rest: { operator: string; other: Expression }[] }
  | { type: "choice"; condition: Expression; then: Expression; otherwise: Expression | null };

export interface GivenArguments {
  positional: { value: Expression; spread: boolean }[];
  named: { name: string; value: Expression }[];
  spread: Expression | null;
}

/** What a value is assigned to. */
export type Target =
  { type: "name"; name: string } | { type: "attribute"; of: string; name: string } | { type: "tuple"; items: Target[] };

export interface Parameter {
  name: string;
  default: Expression | null;
}

export interface FilterCall {
  name: string;
  given: GivenArguments;
}

export type Statement =
  | { type: "text"; value: string }
  | { type: "print"; value: Expression }
  | { type: "if"; branches: { condition: Expression; body: Statement[] }[]; otherwise: Statement[] }
  | {
      type: "for";
      target: Target;
      over: Expression;
      condition: Expression | null;
      recursive: boolean;
      body: Statement[];
      otherwise: Statement[];
    }
  | { type: "set"; target: Target; value: Expression }
  | { type: "set-block"; target: Target; filters: FilterCall[]; body: Statement[] }
  | { type: "with"; names: { target: Target; value: Expression }[]; body: Statement[] }
  | { type: "macro"; name: string; parameters: Parameter[]; body: Statement[] }
  | { type: "call"; call: Expression; parameters: Parameter[]; body: Statement[] }
  | { type: "filter"; filters: FilterCall[]; body: Statement[] }
  /** a part of a template that keeps its names to itself */
  | { type: "scope"; body: Statement[] }
  | { type: "break" | "continue" };
