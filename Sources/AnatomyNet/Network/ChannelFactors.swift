/// What a convolution's sums become on their way out, channel by channel: scale · sum + shift.
struct ChannelFactors {
    var scale: [Double]
    var shift: [Double]
}
