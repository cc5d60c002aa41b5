"""Files made from results: the manual with its evidence, and an analysis as table, page and workbook."""
