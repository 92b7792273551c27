// Before the first paint, so that a theme that a person chose does not flash up as the other one. `src/theme.ts` writes it.
try {
  const theme = localStorage.getItem("runquote.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {
  // Without storage, the system's theme it is.
}
