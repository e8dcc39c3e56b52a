// double
