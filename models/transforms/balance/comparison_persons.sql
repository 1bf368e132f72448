with
    cases as (
        select index_date, row_number() over (order by pnr) - 1 as case_no
        from {{ ref("study_cases") }}
        where is_eligible
    ),

    totals as (select count(*) as cases from cases),

    -- the persons in a random order take the index dates of the cases in turn
    shuffled_persons as (
        select
            pnr,
            row_number() over (
                order by
                    md5(concat({{ literal(var("matching_seed") | string) }}, ':', pnr)),
                    pnr
            ) as turn
        from (select pnr from {{ ref("risk_spells") }} group by pnr) as persons
    ),

    numbered_persons as (
        select
            shuffled_persons.pnr,
            shuffled_persons.turn % nullif(totals.cases, 0) as case_no
        from shuffled_persons
        cross join totals
    ),

    dated_persons as (
        select numbered_persons.pnr, cases.index_date
        from numbered_persons
        inner join cases on cases.case_no = numbered_persons.case_no
    ),

    comparison_persons as (
        select dated_persons.pnr, dated_persons.index_date
        from dated_persons
        inner join {{ ref("risk_spells") }} as spells on spells.pnr = dated_persons.pnr
        where dated_persons.index_date between spells.risk_from and spells.risk_to
    )

select *
from comparison_persons
