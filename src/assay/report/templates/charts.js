function drawCharts() {
  const { theme, specs } = read("chart-data");
  // `ast` interprets expressions instead of compiling them, which the page's content policy forbids.
  const options = {
    mode: "vega-lite", renderer: "svg", ast: true, actions: false, defaultStyle: false,
    config: theme, tooltip: { disableDefaultStyle: true },
  };
  return Promise.all([...document.querySelectorAll("[data-chart]")].map(async (place) => {
    await vegaEmbed(place, specs[Number(place.dataset.chart)], options);
    // The label is on the element around it; a reader should not have to walk through every mark.
    place.querySelector("svg").setAttribute("aria-hidden", "true");
  }));
}
