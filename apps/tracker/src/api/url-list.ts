import { useQuery, useQueryClient } from "@tanstack/react-query";
import { LIMITS, namesOf, textOfNames } from "@uniarm/core/schema";
import { toast } from "../components/toast.tsx";
import { api } from "./client.ts";
import { sentenceOf } from "./errors.ts";
import { queries } from "./queries.ts";

/** A list as an address has it: written out, or the id under which the server keeps it. */
export interface UrlList {
  text: string | undefined;
  id: string | undefined;
}

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** 60 random bits; unlike randomUUID it is there also where a page came without TLS. */
const newId = (): string =>
  Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => ALPHABET[byte % ALPHABET.length]).join("");

/** The items of a list in the address; undefined: it names none. */
export function useUrlList({ text, id }: UrlList): { items: readonly string[] | undefined; isPending: boolean } {
  const { data, isPending } = useQuery({ ...queries.selection(id ?? ""), enabled: id !== undefined });
  if (id !== undefined) return { items: data, isPending };
  return { items: text === undefined ? undefined : (namesOf(text) ?? []), isPending: false };
}

/** Puts a list into an address, whatever its length. */
export function useKeepList(): (items: readonly string[], write?: (items: readonly string[]) => string) => UrlList {
  const client = useQueryClient();
  return (items, write = textOfNames) => {
    const text = write(items);
    if (text.length <= LIMITS.listInUrl) return { text, id: undefined };
    const id = newId();
    client.setQueryData(queries.selection(id).queryKey, [...items]);
    api.selections.store
      .mutate({ id, items: [...items] })
      .catch((error: unknown) =>
        toast.error(`The server did not keep this choice, so its link works in this tab alone: ${sentenceOf(error)}`),
      );
    return { text: undefined, id };
  };
}
