with
    chained_changes as (
        select
            year,
            yearly_change,
            sum(ln(1 + coalesce(yearly_change, 0) / 100)) over (
                order by year
            ) as log_index
        from {{ ref("consumer_prices") }}
    ),

    price_levels as (
        select
            *,
            max(case when year = {{ var("price_year") }} then log_index end) over (
            ) as log_base
        from chained_changes
    ),

    price_index as (
        select
            year,
            yearly_change,
            round(100 * exp(log_index - log_base), 4) as price_index,
            round(exp(log_base - log_index), 6) as price_factor
        from price_levels
    )

select *
from price_index
