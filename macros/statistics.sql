{# The sample variance (divisor n - 1) of n values with this sum and this sum of squares; missing when n is below 2. Sums
   of whole numbers or decimals are exact, so that the order of the rows makes no difference. #}
{% macro sample_variance(n, total, squares) -%}
    case
        when {{ n }} > 1
        then
            greatest(
                (
                    cast({{ squares }} as double)
                    - cast({{ total }} as double)
                    * cast({{ total }} as double)
                    / {{ n }}
                )
                / ({{ n }} - 1),
                0.0
            )
    end
{%- endmacro %}

{# The standardised difference of two groups: the difference of their means over the root of the mean of their variances;
   0 where that root is 0 (Austin 2009). Missing where a mean or a variance is missing. #}
{% macro standardised_difference(mean_1, mean_2, variance_1, variance_2) -%}
    case
        when {{ variance_1 }} + {{ variance_2 }} > 0.0
        then
            ({{ mean_1 }} - {{ mean_2 }})
            / sqrt(({{ variance_1 }} + {{ variance_2 }}) / 2.0)
        when
            {{ mean_1 }} - {{ mean_2 }} is not null
            and {{ variance_1 }} + {{ variance_2 }} is not null
        then 0.0
    end
{%- endmacro %}
