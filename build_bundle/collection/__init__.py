"""The collection as a whole: what harvest, label and quantify found, counted for the statistics and chained to a build."""
