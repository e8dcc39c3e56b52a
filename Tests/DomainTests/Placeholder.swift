// Domain tests
import Testing
