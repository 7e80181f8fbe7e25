/** What a judge said, with what it cost. */
export interface JudgeAnswer {
  text: string;
  /** null: the endpoint did not count them */
  promptTokens: number | null;
  completionTokens: number | null;
  /** the model that the answer says it is of */
  model: string | null;
}

/** A question that the judge does not take: too long for it, or against its rules. */
export interface Rejection {
  rejected: string;
}

export interface AskOptions {
  /** Aborted, it ends waits before another try; a request that is on its way is answered. */
  signal: AbortSignal;
  /** called before each request; throws when no more are allowed */
  spend: () => void;
}

/** A language model that is asked one question at a time, several at once. */
export interface Judge {
  /** all that its answers depend on besides the question; JSON */
  key: unknown;
  ask(question: string, options: AskOptions): Promise<JudgeAnswer | Rejection>;
  dispose(): Promise<void>;
}

export const isRejection = (answer: JudgeAnswer | Rejection): answer is Rejection => "rejected" in answer;
