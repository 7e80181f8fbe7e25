/** Saves a text as a file of the user's. */
export function download(name: string, text: string, type: string): void {
  const url = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}

export const fileName = (name: string, ending: string): string =>
  `${name.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replaceAll(/^-|-$/g, "") || "chart"}.${ending}`;
