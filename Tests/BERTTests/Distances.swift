/// The Euclidean norm.
func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

/// The Euclidean norm of the difference.
func distance(_ left: [Double], _ right: [Double]) -> Double {
    norm(zip(left, right).map { $0 - $1 })
}

/// Largest magnitude of a difference; infinite if either contains NaN, which `max` would ignore.
func largestDifference(_ left: [Double], _ right: [Double]) -> Double {
    zip(left, right).reduce(0) { largest, pair in
        let difference = abs(pair.0 - pair.1)
        return difference.isNaN ? .infinity : max(largest, difference)
    }
}
