// The one line of an embedding page: <script src="https://…/widget.js" defer></script>
// A classic script, so that it works wherever scripts do; everything else is modules, fetched from where it came from.
// It leaves no name behind on the page.
{
  const here = document.currentScript.src;
  import(new URL("widget/element.js", here).href).then(
    () => {
      if (!document.querySelector("guiche-chat")) document.body.append(document.createElement("guiche-chat"));
    },
    (error) => console.warn("Guichê: the widget could not be loaded. Is this site in GUICHE_WIDGET_ORIGINS?", error),
  );
}
