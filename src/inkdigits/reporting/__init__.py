"""Reports: numbers in, HTML pages, plots and Markdown tables out."""
